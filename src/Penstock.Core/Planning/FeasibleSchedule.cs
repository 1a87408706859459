using Penstock.Core.Sites;

namespace Penstock.Core.Planning;

/// <summary>Turns wished trajectories into schedules that keep every limit: each slot follows the trajectory, cut where a node is full; what was cut is caught up later.</summary>
internal static class FeasibleSchedule
{
    /// <summary>Power in kW per session and slot.</summary>
    /// <param name="wished">Stored energy after each slot, kWh.</param>
    internal static double[][] Follow(PlanningProblem problem, IReadOnlyList<SessionBattery> sessions, double[][] wished)
    {
        var hours = problem.Grid.SlotHours;
        var stored = sessions.Select(s => s.Problem.EnergyArrival).ToArray();
        var result = sessions.Select(_ => new double[problem.Grid.Count]).ToArray();
        var (lower, upper, power) = (new double[sessions.Count], new double[sessions.Count], new double[sessions.Count]);
        var tree = new NodeTree(problem.Site, [.. sessions.Select(s => s.Session.Evse.NodeId)]);
        for (var t = 0; t < problem.Grid.Count; t++)
        {
            for (var i = 0; i < sessions.Count; i++) (lower[i], upper[i], power[i]) = Step(sessions[i], t, stored[i], wished[i][t], hours);
            tree.Hold(lower, upper, power);
            for (var i = 0; i < sessions.Count; i++)
            {
                result[i][t] = power[i];
                stored[i] += power[i] > 0 ? power[i] * hours * sessions[i].Problem.ChargeEfficiency : power[i] * hours / sessions[i].Problem.DischargeEfficiency;
            }
        }

        return result;
    }

    private static (double Lower, double Upper, double Wish) Step(SessionBattery one, int slot, double stored, double wished, double hours)
    {
        if (slot < one.First || slot >= one.First + one.Steps) return (0, 0, 0);
        var battery = one.Problem;
        var upper = Math.Clamp((battery.EnergyMax - stored) / battery.ChargeEfficiency / hours, 0, battery.ChargeMax);
        var lower = -Math.Clamp((stored - battery.EnergyMin) * battery.DischargeEfficiency / hours, 0, battery.DischargeMax);
        var left = (one.First + one.Steps - slot - 1) * hours * battery.ChargeMax * battery.ChargeEfficiency;
        var needed = battery.EnergyTarget - stored - left; // what this slot must bring lest the target be missed
        if (needed > 0) lower = Math.Min(upper, needed / battery.ChargeEfficiency / hours);
        else if (lower < 0) lower = Math.Max(lower, needed * battery.DischargeEfficiency / hours);
        var change = wished - stored;
        var power = change > 0 ? change / battery.ChargeEfficiency / hours : change * battery.DischargeEfficiency / hours;
        return (Math.Min(lower, upper), upper, Math.Clamp(power, Math.Min(lower, upper), upper));
    }
}
