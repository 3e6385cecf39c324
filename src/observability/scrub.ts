const patterns: readonly [RegExp, string][] = [
  [/qrs_[0-9a-f]{16,}/gi, 'qrs_…'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 …'],
  // The user stays: it tells which credentials are meant.
  [/(:\/\/[^\s:@/"]*):[^\s@/"]+@/g, '$1:…@'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)/gs, '(a private key)'],
]
/** Shorter ones would be found in any word; none that a vendor makes is. */
const shortestSecret = 4

/**
 * Takes secrets out of a text, however they came into it: the given ones, also as JSON or a URL writes them, and whatever
 * looks like a key, a token or a password in a URL.
 */
export function createScrub(secrets: ReadonlySet<string>): (text: string) => string {
  let known: readonly string[] = []
  let size = -1
  return (text) => {
    // Secrets may be added while it is used.
    if (secrets.size !== size) {
      size = secrets.size
      known = formsOf(secrets)
    }
    let scrubbed = text
    for (const secret of known) scrubbed = scrubbed.replaceAll(secret, '…')
    for (const [pattern, replacement] of patterns) scrubbed = scrubbed.replace(pattern, replacement)
    return scrubbed
  }
}

function formsOf(secrets: ReadonlySet<string>): string[] {
  const forms = [...secrets]
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
  // The longest first: one may be part of another.
  return [...new Set(forms)].sort((a, b) => b.length - a.length)
}
