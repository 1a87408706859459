using System.Globalization;
using CsvHelper;

namespace Penstock.Cli.PlanVerify;

/// <summary>Reads schedule.csv and checks every vehicle against its own bounds; adds up loads and own costs.</summary>
internal sealed class ScheduleCheck(GivenProblem problem, List<string> faults)
{
    /// <summary>Tolerances of powers (kW) and energies (kWh).</summary>
    private const double Kilowatt = 1e-3;

    private const double KilowattHour = 1e-3;

    /// <summary>Faults told; the rest are counted.</summary>
    private const int FaultsMax = 50;

    private readonly double[][] powers = [.. problem.Vehicles.Select(v => new double[v.End - v.First])];

    internal double[] Load { get; } = new double[problem.Steps];

    internal double[][] SiteLoad { get; } = [.. problem.Sites.Select(_ => new double[problem.Steps])];

    /// <summary>Wear + shortfall - salvage - subsidies + discharge fees.</summary>
    internal double OwnCost { get; private set; }

    /// <summary>The same with all parts counted positive.</summary>
    internal double Size { get; private set; }

    internal long Rows { get; private set; }

    internal void Run(string path)
    {
        Read(path);
        for (var i = 0; i < problem.Vehicles.Length; i++) Vehicle(problem.Vehicles[i], powers[i]);
    }

    private void Fault(string text)
    {
        if (faults.Count < FaultsMax) faults.Add(text);
        else if (faults.Count == FaultsMax) faults.Add("and more");
    }

    private void Read(string path)
    {
        var number = problem.Vehicles.Select((v, n) => (v.Id, n)).ToDictionary(v => v.Id, v => v.n, StringComparer.Ordinal);
        var (known, last) = ("", -1);
        using var csv = CsvReader.FromFile(path, CsvReaderOptions.Default with { Separator = ',', TrackLineNumbers = true });
        while (csv.Read())
        {
            Rows++;
            var where = $"{Path.GetFileName(path)}:{csv.LineNumber}";
            var id = csv.GetString(0);
            if (id != known) (known, last) = (id, number.GetValueOrDefault(id, -1));
            if (last < 0)
            {
                Fault($"{where}: no vehicle \"{id}\" in the problem");
                continue;
            }

            var v = problem.Vehicles[last];
            if (!csv.TryParse<int>(1, out var step) || !csv.TryParse<double>(2, out var charge) || !csv.TryParse<double>(3, out var discharge)) Fault($"{where}: three numbers were expected after the id");
            else if (step < v.First || step >= v.End) Fault($"{where}: {id} is not there in step {step}; it stays [{v.First}, {v.End})");
            else if (charge < 0 || discharge < 0 || (charge > 0 && discharge > 0)) Fault($"{where}: {id} charges {charge} kW and discharges {discharge} kW; one of both and not negative was expected");
            else if (powers[last][step - v.First] != 0) Fault($"{where}: {id} has step {step} twice");
            else powers[last][step - v.First] = charge - discharge;
        }
    }

    private void Vehicle(GivenVehicle v, double[] power)
    {
        var (energy, there) = (v.Start, 1.0);
        var above = Math.Max(v.High, v.Start);
        var (wear, missing, left, fees) = (0.0, 0.0, 0.0, 0.0);
        var net = new double[problem.Events.Length];
        for (var t = 0; t < power.Length; t++)
        {
            var (kw, step) = (power[t], v.First + t);
            if (kw > v.ChargeMax + Kilowatt || -kw > v.DischargeMax + Kilowatt) Fault(Told($"{v.Id} step {step}: {kw} kW is outside [{-v.DischargeMax}, {v.ChargeMax}]"));
            if (!Fits(v, kw)) Fault(Told($"{v.Id} step {step}: {kw} kW is no multiple of {v.Step} kW or below {v.Least} kW"));
            energy += v.Change(kw, problem.Hours);
            if (energy > above + KilowattHour) Fault(Told($"{v.Id} step {step}: {energy} kWh is above {above}"));
            if (energy < v.Floor[t] - KilowattHour && kw < v.ChargeMax - Kilowatt && v.Step == 0 && v.Least == 0 && !Rises(v, t, energy)) Fault(Told($"{v.Id} step {step}: {energy} kWh is below {v.Floor[t]} at {kw} kW; a vehicle below its floor charges all it can"));
            if (energy < Math.Min(v.Start, v.Floor.Min()) - KilowattHour) Fault(Told($"{v.Id} step {step}: {energy} kWh is below its floor and its start"));
            wear += there * v.Wear * Math.Max(0, -v.Change(kw, problem.Hours));
            fees += there * problem.Fee[step] * Math.Max(0, -kw) * problem.Hours;
            Load[step] += there * kw;
            for (var s = v.Site; s >= 0; s = problem.Sites[s].Parent) SiteLoad[s][step] += there * kw;
            for (var e = 0; e < net.Length; e++) if (step >= problem.Events[e].First && step <= problem.Events[e].Last) net[e] -= there * kw * problem.Hours;
            var leaving = t == power.Length - 1 ? there : there * v.Leave;
            missing += leaving * v.Penalty * Math.Max(0, v.Target - energy);
            left += leaving * v.Salvage * Math.Max(0, energy - v.Target);
            there -= leaving;
        }

        var subsidy = net.Select((x, e) => problem.Events[e].Subsidy * Math.Max(0, x)).Sum();
        OwnCost += wear + missing - left - subsidy + fees;
        Size += wear + missing + left + subsidy + Math.Abs(fees);
    }

    private static string Told(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A floor that has just risen is reached as soon as possible: what is below it may still be on its way.</summary>
    private bool Rises(GivenVehicle v, int t, double energy) => t > 0 && v.Floor[t] > v.Floor[t - 1] && energy >= v.Floor[t - 1] - KilowattHour && energy + (v.ChargeMax * problem.Hours * v.In) < v.Floor[t];

    private static bool Fits(GivenVehicle v, double kw)
    {
        if (kw == 0) return true;
        if (v.Least > 0 && Math.Abs(kw) < v.Least - Kilowatt) return false;
        return v.Step <= 0 || Math.Abs((kw / v.Step) - Math.Round(kw / v.Step)) * v.Step < Kilowatt;
    }
}
