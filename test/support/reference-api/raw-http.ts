import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection whose bytes are written by hand. */
export async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** What has come by the time that the server ends the connection, as status and body. */
export async function answerOn(socket: Socket): Promise<{ status: number; text: string }> {
  let received = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk))
  if (!socket.readableEnded) await once(socket, 'end')
  const [head = '', text = ''] = received.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), text }
}

/** Sends bytes that need not be HTTP, and returns what is answered. */
export async function sendRaw(url: string, bytes: string): Promise<{ status: number; text: string }> {
  const socket = await connectTo(url)
  socket.write(bytes, 'latin1')
  try {
    return await answerOn(socket)
  } finally {
    socket.destroy()
  }
}
