import { InterceptingCall, Metadata, status, type InterceptingCallInterface, type Interceptor } from '@grpc/grpc-js'
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'

/**
 * The client's own retries, which end with the connection. Without the second, a retry whose time comes after `close()` throws from
 * a timer, where nobody can catch it, and takes the process down.
 */
export const retryUntilClosed: Interceptor[] = [
  makeGrpcRetryInterceptor(defaultGrpcRetryOptions()),
  (options, nextCall) => {
    try {
      return nextCall(options)
    } catch (error) {
      return new InterceptingCall(endedCall(error instanceof Error ? error.message : String(error)))
    }
  },
]

/** A call that was cancelled before it left. */
function endedCall(details: string): InterceptingCallInterface {
  return {
    start(_metadata, listener) {
      listener?.onReceiveStatus?.({ code: status.CANCELLED, details, metadata: new Metadata() })
    },
    cancelWithStatus() {},
    getPeer: () => '',
    sendMessageWithContext() {},
    sendMessage() {},
    startRead() {},
    halfClose() {},
    getAuthContext: () => null,
  }
}
