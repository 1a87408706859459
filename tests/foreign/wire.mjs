// What the foreign stations share: one JSON line on standard output for everything that the central system says, and a car that follows the limit it is given.
export const print = line => console.log(JSON.stringify(line))
export const sleep = ms => new Promise(r => setTimeout(r, ms))
export const now = () => new Date().toISOString()

export async function until(met, what, seconds = 60) {
  for (let i = 0; !met(); i++) {
    if (i > seconds * 10) throw new Error(`it did not come to this: ${what}`)
    await sleep(100)
  }
}

/** W of the first period of a profile; null = it has none. */
export const limitOf = profile => {
  const schedule = [profile.chargingSchedule].flat()[0]
  const period = schedule?.chargingSchedulePeriod?.[0]
  return period?.setpoint ?? period?.limit ?? null
}

export const purposeOf = profile => profile.chargingProfilePurpose

/** Brings a log to the address given, as an HTTP PUT; the status. */
export async function upload(url, text) {
  const answer = await fetch(`${url}${url.endsWith('/') ? 'station.log' : ''}`, { method: 'PUT', body: text })
  return answer.status
}
