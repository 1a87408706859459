/** Charts as tables, for everyone who reads numbers better than lines. */
class View { table = $state(false) }
export const view = new View()
