import { expect, it } from 'vitest'
import { runScript } from '../../support/processes/child-script.ts'

const url = new URL('../../../src/cli/until-told-to-stop.ts', import.meta.url).href
const script = `
const { untilToldToStop } = await import(process.argv[1])
// A signal alone keeps no process alive.
const alive = setInterval(() => undefined, 1_000)
const isTold = untilToldToStop()
process.kill(process.pid, 'SIGINT')
await isTold
process.kill(process.pid, 'SIGINT')
process.kill(process.pid, 'SIGTERM')
clearInterval(alive)
console.log('brought to its end')
`

it('a second stop signal does not prevent an orderly shutdown', async () => {
  expect(await runScript(script, url)).toMatchObject({ code: 0, output: 'brought to its end' })
})
