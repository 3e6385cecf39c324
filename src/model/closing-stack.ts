/**
 * A stack of resources that are closed in reverse order, like the language's own `DisposableStack` and
 * `AsyncDisposableStack`, which Node 22 does not have. A failure does not prevent closing the others: the first
 * failure is thrown at the end.
 */
export class ClosingStack implements Disposable {
  #held: (() => void)[] = []

  use<Held extends Disposable>(held: Held): Held {
    this.defer(() => {
      held[Symbol.dispose]()
    })
    return held
  }

  defer(close: () => void): void {
    this.#held.push(close)
  }

  /** Moves everything to another stack, and leaves this one empty. */
  move(): ClosingStack {
    const moved = new ClosingStack()
    moved.#held = this.#held
    this.#held = []
    return moved
  }

  [Symbol.dispose](): void {
    const failures: unknown[] = []
    for (const close of this.move().#held.reverse()) {
      try {
        close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

export class AsyncClosingStack implements AsyncDisposable {
  #held: (() => unknown)[] = []

  use<Held extends Disposable>(held: Held): Held {
    this.defer(() => {
      held[Symbol.dispose]()
    })
    return held
  }

  /** @param close is awaited */
  defer(close: () => unknown): void {
    this.#held.push(close)
  }

  move(): AsyncClosingStack {
    const moved = new AsyncClosingStack()
    moved.#held = this.#held
    this.#held = []
    return moved
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.move().#held.reverse()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
