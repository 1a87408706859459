using System.Globalization;
using NodaTime;
using Penstock.Core.Tariffs;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Virtual;

namespace Penstock.Benchmarks;

/// <summary>A scenario's day under virtual time on one thread: vehicle-steps (of one minute) per CPU second, per policy.</summary>
internal static class VirtualTime
{
    internal static int Print(int vehicles)
    {
        var day = new LocalDate(2026, 4, 15);
        var city = Scenarios.Generate("shenzhen", 7, day, vehicles);
        var from = day.AtStartOfDayInZone(BuiltInTariffs.Shenzhen.Zone).ToInstant();
        VirtualRun.Play(city.Sites, city.Visits, BuiltInTariffs.Shenzhen, VirtualPolicy.Uncontrolled, from, from + Duration.FromHours(2)); // compiled code only
        Console.WriteLine($"{vehicles} vehicles, {city.Sites.Length} sites, 24 h in steps of one minute");
        foreach (var policy in Enum.GetValues<VirtualPolicy>())
        {
            var before = Environment.CpuUsage.TotalTime;
            var outcome = VirtualRun.Play(city.Sites, city.Visits, BuiltInTariffs.Shenzhen, policy, from, from + Duration.FromHours(24));
            var seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{policy,-14}{outcome.Steps,10} vehicle-steps {seconds,8:0.00} CPU s {outcome.Steps / seconds / 1e6,8:0.00} million/CPU s"));
        }

        return 0;
    }
}
