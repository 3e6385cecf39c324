const trust =
  'If a company proxy or a private authority has issued it, name its certificate in a file with NODE_EXTRA_CA_CERTS.'
const dates = "Renew the server's certificate, or correct the clock of this machine."

/** By the codes of OpenSSL and Node. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const advices: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: trust,
  DEPTH_ZERO_SELF_SIGNED_CERT: trust,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: trust,
  UNABLE_TO_GET_ISSUER_CERT: trust,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: trust,
  CERT_UNTRUSTED: trust,
  CERT_HAS_EXPIRED: dates,
  CERT_NOT_YET_VALID: dates,
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use a host name that the certificate contains.',
}

/** Returns what to do if a connection failed because of the server's certificate; null for every other failure. */
export function certificateAdvice(error: unknown): string | null {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    const { code, originalCode } = inner as NodeError
    // A code may be any text of a server, such as "constructor".
    const known = [code, originalCode].find(
      (each) => typeof each === 'string' && Object.hasOwn(advices, each),
    )
    if (typeof known === 'string') {
      return `The server's certificate is not trusted (${known}). ${advices[known] ?? ''}`
    }
    if (inner instanceof AggregateError) {
      const [found] = inner.errors.map(certificateAdvice).filter((each) => each !== null)
      return found ?? null
    }
  }
  return null
}

interface NodeError {
  code?: unknown
  /** nodemailer replaces the code by one of its own. */
  originalCode?: unknown
}
