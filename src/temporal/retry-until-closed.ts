import { InterceptingCall, Metadata, status, type Interceptor } from '@grpc/grpc-js'
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'

/**
 * The client's own retries, which end when the connection closes. Without the second interceptor, a retry that
 * is due after `close()` throws from a timer, where nothing can catch it, and ends the process.
 */
export const retryUntilClosed: Interceptor[] = [
  makeGrpcRetryInterceptor(defaultGrpcRetryOptions()),
  (options, nextCall) => new InterceptingCall(callOrEnded(() => nextCall(options))),
]

type Call = ConstructorParameters<typeof InterceptingCall>[0]

function callOrEnded(open: () => Call): Call {
  try {
    return open()
  } catch (error) {
    return endedCall(error instanceof Error ? error.message : String(error))
  }
}

/** A call that was cancelled before it was sent. */
function endedCall(details: string): Call {
  return {
    start(_metadata, listener) {
      listener?.onReceiveStatus?.({ code: status.CANCELLED, details, metadata: new Metadata() })
    },
    cancelWithStatus: () => undefined,
    getPeer: () => '',
    sendMessageWithContext: () => undefined,
    sendMessage: () => undefined,
    startRead: () => undefined,
    halfClose: () => undefined,
    getAuthContext: () => null,
  }
}
