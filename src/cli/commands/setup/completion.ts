import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

const example = `
Example:
  qrsync completion bash > ~/.local/share/bash-completion/completions/qrsync

For zsh, a file _qrsync in a folder of $fpath; for fish, ~/.config/fish/completions/qrsync.fish.`

/**
 * `qrsync completion <shell>` prints the script with which a shell completes our commands and options, by
 * calling qrsync.
 */
export function addCompletion(program: Command): void {
  const name = 'completion'
  tab(program, { completionCommandName: name })
  program.commands
    .find((command) => command.name() === name)
    ?.description('print the script that lets a shell complete commands and options')
    .addHelpText('after', example)
}
