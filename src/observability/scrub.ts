import { scrubUnseen } from '../model/visible-text.ts'

const patterns: readonly [RegExp, string][] = [
  [/qrs_[0-9a-f]{16,}/gi, 'qrs_…'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 …'],
  // The user stays: it shows which credentials are meant.
  [/(:\/\/[^\s:@/"]*):[^\s@/"]+@/g, '$1:…@'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)/gs, '(a private key)'],
]
/** A task token is a key to the task, and means nothing to a reader. Temporal's core writes it into texts too. */
const taskTokens: readonly [RegExp, string][] = [
  [/\b(activity task) [\w+/=]{24,}/gi, '$1 …'],
  [/\bTaskToken\([^)]*\)/g, 'TaskToken(…)'],
]
/** Shorter ones would match parts of ordinary words. No vendor creates secrets this short. */
const shortestSecret = 4

/**
 * Removes secrets from a text, however they got into it: the given ones, also in the form of JSON or a URL, and
 * whatever looks like a key, a token or a password in a URL.
 */
export function createScrub(secrets: ReadonlySet<string>): (text: string) => string {
  let known: readonly string[] = []
  let size = -1
  return (text) => {
    // Secrets may be added during use.
    if (secrets.size !== size) {
      size = secrets.size
      known = formsOf(secrets)
    }
    return scrubUnseen(text, (each) => {
      let scrubbed = each
      for (const secret of known) scrubbed = scrubbed.replaceAll(secret, '…')
      for (const [pattern, replacement] of [...patterns, ...taskTokens]) {
        scrubbed = scrubbed.replace(pattern, replacement)
      }
      return scrubbed
    })
  }
}

function formsOf(secrets: ReadonlySet<string>): string[] {
  const forms = [...secrets]
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
  // The longest first, because one may be part of another.
  return [...new Set(forms)].sort((a, b) => b.length - a.length)
}
