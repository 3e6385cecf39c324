import { describe, expect, it } from 'vitest'
import { AsyncClosingStack, ClosingStack } from '../../../src/model/closing-stack.ts'

/** Records the order in which things are closed; the second of three fails. */
function noted() {
  const closed: string[] = []
  const closing = (name: string) => () => {
    closed.push(name)
    if (name === 'second') throw new Error('it will not close')
  }
  return { closed, closing }
}

describe('ClosingStack', () => {
  it('closes the last resource first, closes all of them if one fails, and throws that failure', () => {
    const { closed, closing } = noted()
    const stack = new ClosingStack()
    for (const name of ['first', 'second']) stack.defer(closing(name))
    stack.use({ [Symbol.dispose]: closing('third') })
    expect(() => {
      stack[Symbol.dispose]()
    }).toThrow('it will not close')
    expect(closed).toEqual(['third', 'second', 'first'])
    stack[Symbol.dispose]()
    expect(closed).toHaveLength(3)
  })

  it('does not close what was moved to another stack', () => {
    const { closed, closing } = noted()
    let moved: ClosingStack
    {
      using stack = new ClosingStack()
      stack.defer(closing('first'))
      moved = stack.move()
    }
    expect(closed).toEqual([])
    moved[Symbol.dispose]()
    expect(closed).toEqual(['first'])
  })
})

describe('AsyncClosingStack', () => {
  it('closes one resource after the other, the last first, and throws the failure of one', async () => {
    const { closed, closing } = noted()
    const stack = new AsyncClosingStack()
    stack.defer(closing('first'))
    stack.defer(closing('second'))
    stack.defer(async () => {
      await new Promise(setImmediate)
      closed.push('third')
    })
    stack.use({ [Symbol.dispose]: closing('fourth') })
    await expect(stack[Symbol.asyncDispose]()).rejects.toThrow('it will not close')
    expect(closed).toEqual(['fourth', 'third', 'second', 'first'])
  })

  it('does not close what was moved to another stack', async () => {
    const { closed, closing } = noted()
    let moved: AsyncClosingStack
    {
      await using stack = new AsyncClosingStack()
      stack.defer(closing('first'))
      moved = stack.move()
    }
    expect(closed).toEqual([])
    await moved[Symbol.asyncDispose]()
    expect(closed).toEqual(['first'])
  })
})
