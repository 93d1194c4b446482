// The other end of tests/strangers/node.py: what we are told, where a browser should go, what came of it.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const heard = async () => JSON.parse((await lines.next()).value)
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

export const visit = async (url) => {
  say({ visit: String(url) })
  return new URL((await heard()).at)
}

// What a promise is refused with; null where it is not refused.
export const refusal = async (promise) => {
  try {
    await promise
  } catch (error) {
    return { code: error.code, error: error.error, status: error.status, message: error.message }
  }
  return null
}

export const play = async (scenario) => {
  say({ report: await scenario(await heard()) })
  process.exit(0)
}
