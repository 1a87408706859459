// The device model as a tree: components, their variables, and the attributes of each.
import type { Fact } from './types.ts'

export interface Attribute { type: string; value: string | null; mutability: string | null; constant: boolean }
export interface Variable { key: string; name: string; at: string; attributes: Attribute[]; unit: string; dataType: string; values: string; component: unknown; variable: unknown }
export interface Component { key: string; name: string; instance: string; place: string; variables: Variable[] }

interface Reported {
  component?: { name?: string; instance?: string; evse?: { id?: number; connectorId?: number } }; variable?: { name?: string; instance?: string }
  variableAttribute?: { type?: string; value?: string; mutability?: string; constant?: boolean }[]
  variableCharacteristics?: { unit?: string; dataType?: string; valuesList?: string; minLimit?: number; maxLimit?: number }
}

/** Components by name and place; `search` finds in names, places, values and units. */
export function deviceTree(facts: readonly Fact[], search = ''): Component[] {
  const [found, needle] = [new Map<string, Component>(), search.trim().toLowerCase()]
  for (const fact of facts) {
    const body = fact.body as Reported
    const [key, variable] = [fact.key.split('/')[0]!, variableOf(fact, body)]
    if (needle && !`${fact.key} ${variable.attributes.map(a => a.value).join(' ')} ${variable.unit}`.toLowerCase().includes(needle)) continue
    const evse = body.component?.evse
    const place = evse?.id === undefined ? '' : evse.connectorId === undefined ? `${evse.id}` : `${evse.id}.${evse.connectorId}`
    const component = found.get(key) ?? { key, name: body.component?.name ?? key, instance: body.component?.instance ?? '', place, variables: [] }
    component.variables.push(variable)
    found.set(key, component)
  }
  const all = [...found.values()].sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }))
  for (const component of all) component.variables.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  return all
}

function variableOf(fact: Fact, body: Reported): Variable {
  const { variable, variableCharacteristics: c } = body
  const range = c?.minLimit === undefined && c?.maxLimit === undefined ? '' : `${c.minLimit ?? ''} … ${c.maxLimit ?? ''}`
  return {
    key: fact.key, at: fact.at, name: (variable?.name ?? fact.key.split('/').slice(1).join('/')) + (variable?.instance ? `.${variable.instance}` : ''),
    attributes: (body.variableAttribute ?? []).map(a => ({ type: a.type ?? 'Actual', value: a.value ?? null, mutability: a.mutability ?? null, constant: a.constant ?? false })),
    unit: c?.unit ?? '', dataType: c?.dataType ?? '', values: c?.valuesList ?? range, component: body.component, variable,
  }
}

/** The call that would set a variable as it stands; null when the station says that it cannot be written. */
export function setCall(variable: Variable, protocol: string | null): { action: string; payload: unknown } | null {
  const target = variable.attributes.find(a => a.mutability !== 'ReadOnly')
  if (!target) return null
  const value = target.value ?? ''
  return protocol === '1.6' ? { action: 'ChangeConfiguration', payload: { key: variable.name, value } }
    : { action: 'SetVariables', payload: { setVariableData: [{ attributeType: target.type, attributeValue: value, component: variable.component, variable: variable.variable }] } }
}
