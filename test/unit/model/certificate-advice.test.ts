import { expect, test } from 'vitest'
import { certificateAdvice } from '../../../src/model/certificate-advice.ts'

const failure = (code: string, cause?: Error) =>
  Object.assign(new Error('no connection', { cause }), { code })

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'NODE_EXTRA_CA_CERTS'],
  ['CERT_HAS_EXPIRED', "Renew the server's certificate, or correct the clock of this machine."],
  ['CERT_NOT_YET_VALID', "Renew the server's certificate, or correct the clock of this machine."],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Use a host name that the certificate contains.'],
])('%s is named, with what to do, wherever a client puts it', (code, advice) => {
  const both = new AggregateError([failure('ECONNREFUSED'), failure(code)])
  for (const error of [
    failure(code),
    failure('UND_ERR', failure(code)),
    new Error('outer', { cause: both }),
  ]) {
    expect(certificateAdvice(error)).toContain(`The server's certificate is not trusted (${code}). `)
    expect(certificateAdvice(error)).toContain(advice)
  }
})

test.each([
  failure('ECONNREFUSED'),
  failure('constructor'),
  new AggregateError([failure('ETIMEDOUT')]),
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  undefined,
])('another failure gets no advice about certificates: %s', (error) => {
  expect(certificateAdvice(error)).toBeNull()
})
