import { inject } from 'vitest'

/**
 * The URL of the run's bqemulator, for the `api_endpoint` of a destination. It has everything that the tests of this
 * run have stored, so each test uses a dataset of its own.
 */
export async function sharedBqEmulator(): Promise<string> {
  const answer = await fetch(inject('bqEmulatorStarter'))
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}
