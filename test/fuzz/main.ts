/**
 * Sends 1,000 random requests or more for every operation of openapi.yaml, and prints the results as JSON.
 * Exits with 1 if a response is wrong, or if an operation had fewer requests.
 *
 * node test/fuzz/main.ts [EXAMPLES] [SEED]
 */
import { fuzzApi } from './fuzz-api.ts'

const [examples = 1_000, seed = 1] = process.argv.slice(2).map(Number)

const { failures, ...result } = await fuzzApi({ examples, seed })
if (failures !== null) {
  console.error(failures)
  process.exitCode = 1
}
if (result.fewest < examples) {
  console.error(`an operation had ${result.fewest} requests instead of ${examples}`)
  process.exitCode = 1
}
console.log(JSON.stringify({ examples, seed, isClean: failures === null, ...result }))
