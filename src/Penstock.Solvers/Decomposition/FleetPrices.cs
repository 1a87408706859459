using Penstock.Solvers.Fleet;

namespace Penstock.Solvers.Decomposition;

/// <summary>
/// The prices that prove a plan's lower bound: the dual solution. Any values within the penalties give a valid bound. What a kWh costs a vehicle in a step is <see cref="Whole"/> plus the prices of its site and
/// of every site that contains it.
/// </summary>
/// <param name="Net">Price per kWh of the whole's net power in each step: energy and overload.</param>
/// <param name="Demand">Per kW of net import in each step; at least 0, together at most the demand charge. Empty without one.</param>
/// <param name="Ramps">Per kW of change into each limited step, in the problem's order.</param>
/// <param name="Sites">Prices per kWh of sites whose limits bind, by index.</param>
public sealed record FleetPrices(double[] Net, double[] Demand, double[] Ramps, IReadOnlyDictionary<int, double[]> Sites)
{
    public static FleetPrices None { get; } = new([], [], [], new Dictionary<int, double[]>());

    /// <summary>What a kWh costs directly under the whole in each step.</summary>
    public double[] Whole(FleetProblem problem)
    {
        var price = (double[])Net.Clone();
        for (var t = 0; t < Demand.Length; t++) price[t] += Demand[t] / problem.StepHours;
        for (var r = 0; r < Ramps.Length; r++)
        {
            price[problem.Ramps[r].Step] += Ramps[r] / problem.StepHours;
            price[problem.Ramps[r].Step - 1] -= Ramps[r] / problem.StepHours;
        }

        return price;
    }
}
