export interface UrlParameter {
  /** Decoded like a form: `+` is a space. */
  value: string
  /** With every `+` as in the URL; null if there is none. */
  asWritten: string | null
}

/** Returns the first parameter with that name in a URL's query; null if there is none. */
export function urlParameter(url: string | null, name: string): UrlParameter | null {
  if (url === null || !URL.canParse(url)) return null
  const { search } = new URL(url)
  for (const pair of search.slice(1).split('&')) {
    const [[found, value] = ['', '']] = new URLSearchParams(pair)
    if (found !== name || pair === '') continue
    const written = pair.slice(pair.indexOf('=') + 1)
    if (!pair.includes('=') || !written.includes('+')) return { value, asWritten: null }
    const [[, asWritten] = ['', '']] = new URLSearchParams(pair.replaceAll('+', '%2B'))
    return { value, asWritten }
  }
  return null
}
