import { Dispatcher } from 'undici'

/** A dispatcher for a model: it has no connections to close. */
export abstract class NoConnections extends Dispatcher {
  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    callback?.()
    return Promise.resolve()
  }
}
