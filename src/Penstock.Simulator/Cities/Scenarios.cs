using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;

namespace Penstock.Simulator.Cities;

/// <summary>The pilots as scenarios. Each lists which of its inputs are published and which assumed.</summary>
public static class Scenarios
{
    public static readonly IReadOnlyList<string> Names = ["lianhua", "shenzhen"];

    private static readonly DateTimeZone Zone = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];

    /// <param name="vehicles">Null = as the scenario says.</param>
    /// <exception cref="ArgumentException">There is no such scenario.</exception>
    public static CityModel Generate(string name, int seed, LocalDate day, int? vehicles) => name switch
    {
        "lianhua" => Lianhua(seed, day, vehicles),
        "shenzhen" => Shenzhen(seed, day, vehicles),
        _ => throw new ArgumentException($"There is no scenario \"{name}\"; give one of {string.Join(", ", Names)}."),
    };

    private static CityModel Lianhua(int seed, LocalDate day, int? vehicles)
    {
        var draft = new CityDraft("lianhua", seed, day, Zone);
        var lianhua = draft.Site("lianhua", "Lianhua Mountain", 22.5587, 114.0557, importKw: 2000, exportKw: 2000, cabinets: 4, stations: vehicles ?? 46, evsesPerStation: 1,
            _ => (OcppVersion.V21, "Penstock", "Sim V2G 60", 60, 60, DischargeMethod.CentralSetpoint));
        foreach (var evse in lianhua.Evses)
        {
            draft.Visit(evse.Id, -1.5, 7, 0.5, 1.5, (0.30, 0.50), target: 0.88, floor: 0.25);
            draft.Visit(evse.Id, 11.3, 13.8, 0.4, 0.4, (0.45, 0.60), target: 0.70, floor: 0.35);
            draft.Visit(evse.Id, 16.6, 20.1, 0.9, 0.6, (0.74, 0.92), target: 0.65, floor: 0.30);
        }

        for (var s = 0; s < 12; s++) District(draft, s);
        draft.Inputs(
            new("vehicles discharging at once", "46", "Lianhua Mountain supercharging station, pilot P3", true),
            new("peak discharge", "1,052 kW", "Lianhua Mountain supercharging station, pilot P3", true),
            new("event window", "18:00-19:00", "assumed: last hour of the peak period of Shen [2021] 1005", false),
            new("event subsidy", "2.00 CNY/kWh", "assumed", false),
            new("pile rating", "60 kW both ways", "assumed; the station's piles charge at up to 600 kW", false),
            new("battery", "60-85 kWh, 95 % each way", "assumed", false),
            new("arrivals, states of charge, floors and targets", "drawn from the seed", "assumed", false));
        return draft.Build(new CityEvent("Evening peak", lianhua.Id, Power.FromKilowatts(-1052), draft.At(18), draft.At(19), 2.00m, draft.At(17.5)), meterSeconds: 60);
    }

    private static void District(CityDraft draft, int s)
    {
        var (version, model, kw, discharge, method) = (s % 3) switch
        {
            0 => (OcppVersion.V16, "Sim AC7", 7.0, 0.0, DischargeMethod.None),
            1 => (OcppVersion.V201, "Sim DC60 V2G", 30.0, 30.0, DischargeMethod.NegativeLimit),
            _ => (OcppVersion.V21, "Sim V2G 20", 20.0, 20.0, DischargeMethod.CentralSetpoint),
        };
        var site = draft.Site($"district-{s + 1:D2}", $"District {s + 1}", 22.53 + (0.01 * (s % 4)), 113.95 + (0.02 * (s / 4)), 2 * kw * 0.8, 2 * discharge * 0.8, 0, 2, 1,
            _ => (version, "Penstock", model, kw, discharge, method));
        foreach (var evse in site.Evses) draft.Visit(evse.Id, -2, 7.2, 0.8, 0.8, (0.35, 0.6), target: 0.8, floor: 0.3).Visit(evse.Id, 18.4, 31.5, 1, 0.7, (0.35, 0.65), target: 0.8, floor: 0.3);
    }

    private static CityModel Shenzhen(int seed, LocalDate day, int? vehicles)
    {
        var draft = new CityDraft("shenzhen", seed, day, Zone);
        var wanted = vehicles ?? 2000;
        for (var s = 0; s < 30; s++)
        {
            var v2g = s % 3 != 0;
            var site = draft.Site($"sz-{s + 1:D3}", $"Shenzhen station {s + 1}", 22.48 + (0.018 * (s % 10)), 113.85 + (0.055 * (s / 10 * 1.7)), 1200, v2g ? 1000 : 0, 2, 4, 6,
                k => v2g ? (OcppVersion.V21, "Penstock", "Sim V2G 60", 60, 60, DischargeMethod.CentralSetpoint) : (k % 2 == 0 ? OcppVersion.V16 : OcppVersion.V201, "Penstock", "Sim DC60", 60, 0, DischargeMethod.None));
            foreach (var evse in site.Evses)
            {
                if (draft.Count < wanted) draft.Visit(evse.Id, -1.5, 6.6, 0.5, 0.8, (0.25, 0.5), target: 0.85, floor: 0.25);
                if (draft.Count < wanted) draft.Visit(evse.Id, 16.4, 21, 1.2, 1.4, (0.6, 0.9), target: 0.7, floor: 0.35);
                if (draft.Count < wanted) draft.Visit(evse.Id, 11, 14.5, 0.9, 0.8, (0.35, 0.6), target: 0.75, floor: 0.3);
            }
        }

        draft.Inputs(
            new("stations", "120", "assumed; the city's test of August 2024 had 760, pilot P2", false),
            new("vehicles", wanted.ToString(System.Globalization.CultureInfo.InvariantCulture), "assumed", false),
            new("valley charging price", "0.40 CNY/kWh", "published for the pilot", true),
            new("event", "2,500 kW, 18:00-19:00, 2.00 CNY/kWh", "assumed", false));
        return draft.Build(new CityEvent("City evening peak", null, Power.FromKilowatts(-2500), draft.At(18), draft.At(19), 2.00m, draft.At(17.5)), meterSeconds: 60);
    }
}
