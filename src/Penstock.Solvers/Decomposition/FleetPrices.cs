namespace Penstock.Solvers.Decomposition;

/// <summary>
/// The prices that prove a plan's lower bound, per kWh: what a kWh costs a vehicle is <see cref="Whole"/> + those of its site and of every site that contains it. The dual solution; any values give a valid bound.
/// </summary>
/// <param name="Rows">Prices of the whole's rows per kW over a step: one per step, then demand rows, then ramps.</param>
/// <param name="Sites">Prices per kWh of sites whose limits bind, by index.</param>
public sealed record FleetPrices(double[] Rows, double[] Whole, IReadOnlyDictionary<int, double[]> Sites);
