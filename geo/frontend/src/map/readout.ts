/** The corner that tells where the pointer is, in the system that was chosen last on this device. */
import { byId } from "../lib/dom";
import { keepSystem, keptSystem, SYSTEM_LABELS, SYSTEM_NAMES, write, type SystemName } from "./systems";

export class Readout {
  private readonly output = byId("map-readout-place", HTMLOutputElement);
  private readonly choice = byId("map-readout-system", HTMLSelectElement);
  private at: L.LatLng;

  constructor(map: L.Map) {
    this.at = map.getCenter();
    for (const name of SYSTEM_NAMES) this.choice.append(new Option(SYSTEM_LABELS[name](), name, false, name === keptSystem()));
    this.choice.addEventListener("change", () => {
      keepSystem(this.choice.value as SystemName);
      this.tell(this.at);
    });
    map.on("mousemove", (event) => this.tell(event.latlng));
    map.on("move", () => this.tell(map.getCenter()));
    this.tell(this.at);
  }

  private tell(at: L.LatLng): void {
    this.at = at;
    this.output.textContent = write(this.choice.value as SystemName, at).text;
  }
}
