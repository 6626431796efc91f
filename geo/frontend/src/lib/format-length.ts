/** How lengths are written on the map: metres, from ten kilometres on kilometres. */
import { formatNumber } from "./format";

const KILOMETRES_FROM_M = 10_000;
const MU_M2 = 10_000 / 15;

export function formatLength(lengthM: number, uncertaintyM?: number | null): string {
  const far = lengthM >= KILOMETRES_FROM_M;
  const [unit, per, decimals] = far ? ["km", 1000, 3] as const : ["m", 1, 1] as const;
  const length = formatNumber(lengthM / per, decimals);
  return uncertaintyM == null ? `${length} ${unit}` : `${length} ± ${formatNumber(uncertaintyM / per, decimals)} ${unit}`;
}

/** In 亩, of which fifteen make a hectare. */
export function formatMu(areaM2: number): string {
  return formatNumber(areaM2 / MU_M2, 2);
}
