namespace Penstock.Solvers.Decomposition;

/// <summary>What a node of the limit tree carries at some price: a load that keeps its limits (or pays for not keeping them), and how its vehicles carry it.</summary>
/// <param name="Load">Net kW per step towards what is above: vehicles and children, less PV used; base load is not in it.</param>
/// <param name="Cost">Own costs and overload penalties; energy is not in it.</param>
/// <param name="Prices">For each member the price per kWh that its vehicles answered; null when their schedules are mixed.</param>
/// <param name="Schedules">For each member the mixed schedules of its vehicles, in the order of their cell; null when they answered a price.</param>
/// <param name="Free">Free columns of the node's coupling.</param>
/// <param name="Children">For each child the answers that are mixed, with weights.</param>
internal sealed record SiteAnswer(double[] Load, double Cost, double[][]? Prices, float[][]? Schedules, double[] Free, (SiteAnswer Answer, double Weight)[][] Children);
