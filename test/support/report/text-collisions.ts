/**
 * Runs in the page: lists texts of visible charts that overlap, leave their chart, or are too small to read,
 * one per line. A few pixels of a text's box are empty.
 */
export const textCollisions = `[...document.querySelectorAll('svg')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect()
  if (frame.width === 0) return []
  const texts = [...svg.querySelectorAll('text')].map((text) => ({ name: text.textContent, box: text.getBoundingClientRect() }))
  const smallest = 9
  return texts.flatMap(({ name, box }, index) => [
    ...(box.left < frame.left - 0.5 || box.right > frame.right + 0.5 || box.bottom > frame.bottom + 0.5 ? [name + ' sticks out of ' + svg.id] : []),
    ...(box.height < smallest ? [name + ' is ' + box.height + ' pixels high'] : []),
    ...texts
      .slice(index + 1)
      .filter((other) => box.left < other.box.right && other.box.left < box.right && box.top + 2 < other.box.bottom && other.box.top + 2 < box.bottom)
      .map((other) => name + ' lies on ' + other.name),
  ])
})`
