/**
 * Rough figures while one still draws, on a sphere: up to 0.6 % beside the ellipsoid, and always shown as an estimate.
 * What counts is geo.measure's, asked of the server when the figure is finished.
 */
const MEAN_RADIUS_M = 6_371_008.8;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

export function roughMetres(places: readonly L.LatLng[]): number {
  let total = 0;
  for (let index = 1; index < places.length; index += 1) {
    const [a, b] = [places[index - 1], places[index]];
    if (!a || !b) continue;
    const high = Math.sin(radians(b.lat - a.lat) / 2) ** 2;
    const wide = Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(radians(b.lng - a.lng) / 2) ** 2;
    total += 2 * MEAN_RADIUS_M * Math.asin(Math.sqrt(high + wide));
  }
  return total;
}

export function roughSquareMetres(places: readonly L.LatLng[]): number {
  let doubled = 0;
  places.forEach((a, index) => {
    const b = places[(index + 1) % places.length];
    if (b) doubled += radians(b.lng - a.lng) * (2 + Math.sin(radians(a.lat)) + Math.sin(radians(b.lat)));
  });
  return Math.abs((doubled * MEAN_RADIUS_M ** 2) / 2);
}
