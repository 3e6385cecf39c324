/**
 * Returns the texts of the elements of an array, exactly as in a JSON text, with spaces, digits and escapes
 * unchanged.
 *
 * @param json a text that `JSON.parse` accepts
 * @param path the names from the outermost object to the array; if a name appears twice, the last one counts,
 *   as in `JSON.parse`
 */
export function jsonElements(json: string, path: readonly string[]): string[] {
  let start = skipSpace(json, 0)
  for (const name of path) {
    const found = members(json, start).findLast(([key]) => key === name)
    if (found === undefined) return []
    start = found[1]
  }
  if (json[start] !== '[') return []
  const elements: string[] = []
  let at = skipSpace(json, start + 1)
  while (json[at] !== ']') {
    const end = valueEnd(json, at)
    elements.push(json.slice(at, end))
    at = skipSpace(json, end)
    if (json[at] === ',') at = skipSpace(json, at + 1)
  }
  return elements
}

/** Returns name, start and end of each member of the object that starts at `start`. */
function members(json: string, start: number): [name: string, start: number, end: number][] {
  if (json[start] !== '{') return []
  const found: [string, number, number][] = []
  let at = skipSpace(json, start + 1)
  while (json[at] !== '}') {
    const nameEnd = stringEnd(json, at)
    const name = JSON.parse(json.slice(at, nameEnd)) as string
    const from = skipSpace(json, skipSpace(json, nameEnd) + 1)
    const end = valueEnd(json, from)
    found.push([name, from, end])
    at = skipSpace(json, end)
    if (json[at] === ',') at = skipSpace(json, at + 1)
  }
  return found
}

function valueEnd(json: string, start: number): number {
  const first = json[start]
  if (first === '"') return stringEnd(json, start)
  if (first !== '{' && first !== '[') return scalarEnd(json, start)
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const code = json[at]
    if (code === '"') at = stringEnd(json, at) - 1
    else if (code === '{' || code === '[') depth++
    else if ((code === '}' || code === ']') && --depth === 0) return at + 1
  }
  return json.length
}

function stringEnd(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

function scalarEnd(json: string, start: number): number {
  let at = start
  while (at < json.length && !' \t\n\r,]}'.includes(json[at] ?? '')) at++
  return at
}

function skipSpace(json: string, start: number): number {
  let at = start
  while (at < json.length && ' \t\n\r'.includes(json[at] ?? '')) at++
  return at
}
