#!/usr/bin/env -S node --max-old-space-size=256
import { createProgram } from './create-program.ts'
import { runToExit } from './run-to-exit.ts'

await runToExit(() => createProgram().parseAsync())
