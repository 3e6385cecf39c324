/** The thread that makes pages: it receives a request, and sends the page back. */
import { parentPort } from 'node:worker_threads'
import type { PageRequest } from './page-contract.ts'
import { Pages } from './pages.ts'

const port = parentPort
if (port === null) throw new Error('render-thread is a worker thread')
const pages = new Pages()
port.on('message', ({ id, request }: { id: number; request: PageRequest }) => {
  void pages.make(request).then((response) => {
    port.postMessage({ id, response })
  })
})
