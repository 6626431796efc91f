/** What was done today, how fast, and how long the rest takes at this pace: told anew with every answer. */
export interface Progress {
  done_today: number;
  left: number;
  queue_total: number;
  pace_text: string;
}

export function showProgress(desk: ParentNode, progress: Progress): void {
  const tell = (name: string, value: string) => {
    const place = desk.querySelector(`[data-${name}]`);
    if (place) place.textContent = value;
  };
  tell("done", String(progress.done_today));
  tell("left", String(progress.left));
  tell("pace", progress.pace_text);
  const bar = desk.querySelector<HTMLProgressElement>("[data-progress]");
  if (bar) {
    bar.max = Math.max(1, progress.queue_total);
    bar.value = progress.done_today;
  }
}
