/** A curtain between two pictures: a range input, so that mouse, touch and keyboard move it alike. */
const STEP_PERCENT = 5;

export class Curtain {
  /** `onCut` is told the percentage at each move, and once now. */
  constructor(
    private readonly range: HTMLInputElement,
    private readonly onCut: (percent: number) => void,
  ) {
    range.addEventListener("input", () => onCut(this.percent));
    onCut(this.percent);
  }

  get percent(): number {
    return Number(this.range.value);
  }

  set percent(percent: number) {
    this.range.value = String(Math.min(100, Math.max(0, percent)));
    this.onCut(this.percent);
  }

  move(steps: number): void {
    this.percent += steps * STEP_PERCENT;
  }

  /** To the other end: what was covered is shown. */
  toggle(): void {
    this.percent = this.percent < 50 ? 100 : 0;
  }
}
