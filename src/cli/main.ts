import { createProgram } from './program.ts'
import { runToExit } from './run-to-exit.ts'

await runToExit(() => createProgram().parseAsync())
