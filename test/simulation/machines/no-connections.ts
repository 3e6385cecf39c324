import { Dispatcher } from 'undici'

/** A way to a model: it has no connections that would be closed. */
export abstract class NoConnections extends Dispatcher {
  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    callback?.()
    return Promise.resolve()
  }
}
