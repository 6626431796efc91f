/** Names on the map that are elements of the page: what would lie on an earlier one is not shown. */
export function hideOverlapping(elements: readonly HTMLElement[]): void {
  for (const element of elements) element.classList.remove("drawing__label--covered");
  const boxes = elements.map((element) => element.getBoundingClientRect());
  const shown: DOMRect[] = [];
  boxes.forEach((box, index) => {
    const lies = shown.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top);
    if (lies) elements[index]?.classList.add("drawing__label--covered");
    else if (box.width > 0) shown.push(box);
  });
}
