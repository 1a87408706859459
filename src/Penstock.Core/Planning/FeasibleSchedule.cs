using Penstock.Core.Sites;

namespace Penstock.Core.Planning;

/// <summary>Turns wished trajectories into schedules that keep every limit: each slot follows the trajectory, cut where a node is full; what was cut is caught up later.</summary>
internal static class FeasibleSchedule
{
    /// <summary>Passes that try to bring in what was cut.</summary>
    private const int PassesMax = 6;

    /// <summary>Power in kW per session and slot. Energy that the averaged trajectories or the nodes leave missing at departure is spread over the whole stay and tried again.</summary>
    /// <param name="wished">Stored energy after each slot, kWh; raised in place for sessions that miss their target.</param>
    internal static double[][] Make(PlanningProblem problem, IReadOnlyList<SessionBattery> sessions, double[][] wished)
    {
        var power = Follow(problem, sessions, wished, out var stored);
        for (var pass = 1; pass < PassesMax; pass++)
        {
            var missed = false;
            for (var i = 0; i < sessions.Count; i++)
            {
                var (one, shortfall) = (sessions[i], sessions[i].Problem.EnergyTarget - stored[i]);
                if (shortfall <= 0.01 || one.Steps == 0) continue;
                missed = true;
                for (var t = one.First; t < one.First + one.Steps; t++) wished[i][t] = Math.Min(one.Problem.EnergyMax, wished[i][t] + (1.2 * shortfall * (t - one.First + 1) / one.Steps));
            }

            if (!missed) break;
            power = Follow(problem, sessions, wished, out stored);
        }

        return power;
    }

    private static double[][] Follow(PlanningProblem problem, IReadOnlyList<SessionBattery> sessions, double[][] wished, out double[] stored)
    {
        var hours = problem.Grid.SlotHours;
        stored = sessions.Select(s => s.Problem.EnergyArrival).ToArray();
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
                stored[i] += sessions[i].Change(power[i], hours);
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
