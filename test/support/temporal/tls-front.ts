import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:tls'
import { generate, type SelfsignedOptions } from 'selfsigned'

export interface Certificates {
  /** The authority that signed all of them. */
  ca: string
  server: { cert: string; key: string }
  client: { cert: string; key: string }
}

/** Certificates of our own authority, in PEM form. */
export async function makeCertificates(): Promise<Certificates> {
  const authority = await generate([{ name: 'commonName', value: 'qrsync tests' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true },
    ],
  })
  const ca = { key: authority.private, cert: authority.cert }
  const signed = async (name: string, extensions: NonNullable<SelfsignedOptions['extensions']>) => {
    const made = await generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      algorithm: 'sha256',
      ca,
      extensions,
    })
    return { cert: made.cert, key: made.private }
  }
  return {
    ca: ca.cert,
    server: await signed('localhost', [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ]),
    client: await signed('qrsync', [{ name: 'extKeyUsage', clientAuth: true }]),
  }
}

export interface TlsFront {
  address: string
  close(): Promise<void>
}

/**
 * Adds TLS in front of a server, like a proxy. With `asksForCertificate`, only clients with a certificate of
 * the authority can connect.
 */
export async function startTlsFront(
  backend: string,
  { ca, server: own }: Certificates,
  { asksForCertificate }: { asksForCertificate: boolean },
): Promise<TlsFront> {
  const [host = '', port = ''] = backend.split(':')
  const open = new Set<Socket>()
  const server = createServer(
    {
      ...own,
      ca,
      requestCert: asksForCertificate,
      rejectUnauthorized: asksForCertificate,
      // gRPC uses nothing else.
      ALPNProtocols: ['h2'],
    },
    (client) => {
      const upstream = connect(Number(port), host)
      for (const socket of [client, upstream]) {
        open.add(socket)
        socket.on('error', () => {
          client.destroy()
          upstream.destroy()
        })
        socket.on('close', () => open.delete(socket))
      }
      client.pipe(upstream).pipe(client)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
