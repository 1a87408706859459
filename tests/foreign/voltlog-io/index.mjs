// The three functions that ocpp-ws-io imports. A station's standard output carries what the test reads, so nothing is logged.
const silent = () => {}
const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent, flush: async () => {}, close: async () => {}, child: () => logger }

export const createLogger = () => logger
export const consoleTransport = options => ({ name: 'console', ...options, write: silent })
export const prettyTransport = options => ({ name: 'pretty', ...options, write: silent })
