export interface PartLimits<T> {
  /** The most items of a part. */
  items: number
  /** The largest sum of sizes of a part. An item that is larger is a part of its own. */
  size: number
  sizeOf: (item: T) => number
}

/** A list in parts, in its order: each is limited by its number of items and by their size. */
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
