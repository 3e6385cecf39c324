export interface PartLimits<T> {
  /** The most items in a part. */
  items: number
  /** The largest total size of a part. A larger item is a part of its own. */
  size: number
  sizeOf: (item: T) => number
}

/** Cuts a list into parts, in its order, limited by number of items and by size. */
export function* partsBySize<T>(items: Iterable<T>, limits: PartLimits<NoInfer<T>>): Generator<T[]> {
  let part: T[] = []
  let size = 0
  for (const item of items) {
    const itemSize = limits.sizeOf(item)
    if (part.length > 0 && (part.length >= limits.items || size + itemSize > limits.size)) {
      yield part
      part = []
      size = 0
    }
    part.push(item)
    size += itemSize
  }
  if (part.length > 0) yield part
}
