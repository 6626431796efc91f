/** Acts that make new drafts: a drawn outline, the pieces of a cut, the union of two. Nothing is saved yet. */
import type { LineString } from "geojson";
import { gettext } from "../lib/i18n";
import { errorText, requestJson } from "../lib/request";
import { emptyFields } from "./fields";
import type { Drafts } from "./state";
import type { Draft, DrawingConfig, Shape, SheetData } from "./types";

interface Events {
  onSelect(key: string): void;
  onRefused(text: string): void;
}

export class Proposals {
  constructor(
    private readonly config: DrawingConfig,
    private readonly drafts: Drafts,
    private readonly sheet: () => SheetData,
    private readonly events: Events,
  ) {}

  private fresh(geometry: Shape, households: number | null, taken: Set<string>): Draft {
    const { freeCodes, holders } = this.sheet();
    const code = freeCodes.find((one) => !taken.has(one)) ?? "";
    taken.add(code);
    const name = holders.find((holder) => holder.code === code)?.name ?? "";
    return { key: this.drafts.newKey(), id: null, token: null, code, name, households, fields: emptyFields(this.config.fields), geometry };
  }

  private taken(): Set<string> {
    return new Set(this.drafts.all.map((draft) => draft.code));
  }

  draw(shape: Shape): void {
    const draft = this.fresh(shape, null, this.taken());
    this.drafts.put(draft);
    this.events.onSelect(draft.key);
  }

  /** The outline that holds for somebody now becomes their drawn one. */
  take(code: string, name: string, shape: Shape): void {
    const draft = { ...this.fresh(shape, null, this.taken()), code, name };
    this.drafts.put(draft);
    this.events.onSelect(draft.key);
  }

  /** The largest piece stays the zone that it was; the others are new ones. */
  async cut(key: string, line: LineString): Promise<void> {
    const draft = this.drafts.get(key);
    if (!draft) {
      this.events.onRefused(gettext("这条线没有穿过任何图形"));
      return;
    }
    try {
      const body = { geometry: draft.geometry, line, households: draft.households };
      const { pieces } = await requestJson<{ pieces: { geometry: Shape; households: number | null }[] }>(this.config.addresses.split, { method: "POST", body });
      const [first, ...others] = pieces;
      if (!first || this.drafts.get(key) !== draft) return;
      const taken = this.taken();
      const kept = { ...draft, geometry: first.geometry, households: first.households };
      const added = others.map((piece) => this.fresh(piece.geometry, piece.households, taken));
      this.drafts.commit([...this.drafts.all.map((one) => (one === draft ? kept : one)), ...added]);
      this.events.onSelect(added[0]?.key ?? key);
    } catch (error) {
      this.events.onRefused(errorText(error));
    }
  }

  /** The zone chosen first stays; the other one goes. */
  async merge(first: string, second: string): Promise<void> {
    const [a, b] = [this.drafts.get(first), this.drafts.get(second)];
    if (!a || !b) return;
    try {
      const body = { geometries: [a.geometry, b.geometry] };
      const { geometry } = await requestJson<{ geometry: Shape }>(this.config.addresses.merge, { method: "POST", body });
      const households = a.households === null && b.households === null ? null : (a.households ?? 0) + (b.households ?? 0);
      const others = this.drafts.all.filter((one) => one !== a && one !== b);
      this.drafts.commit([...others, { ...a, geometry, households }]);
      this.events.onSelect(a.key);
    } catch (error) {
      this.events.onRefused(errorText(error));
    }
  }
}
