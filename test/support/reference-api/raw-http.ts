import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection to which a test writes raw bytes. */
export async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** The status and body received until the server ends the connection. */
export async function answerOn(socket: Socket): Promise<{ status: number; text: string }> {
  let received = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk))
  if (!socket.readableEnded) await once(socket, 'end')
  const [head = '', text = ''] = received.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), text }
}

/** Sends bytes that need not be HTTP, and returns the response. */
export async function sendRaw(url: string, bytes: string): Promise<{ status: number; text: string }> {
  const socket = await connectTo(url)
  socket.write(bytes, 'latin1')
  try {
    return await answerOn(socket)
  } finally {
    socket.destroy()
  }
}
