using System.Buffers.Text;
using System.Text;
using Penstock.Solvers.Decomposition;

namespace Penstock.Cli.Plan;

/// <summary>schedule.csv: vehicleId,step,chargeKw,dischargeKw; rows in which nothing flows are left out. Powers to 1e-6 kW.</summary>
internal static class ScheduleFile
{
    internal const string Header = "vehicleId,step,chargeKw,dischargeKw";

    internal static void Write(string path, PlanningInput input, FleetPlan plan)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
        stream.Write(Encoding.ASCII.GetBytes(Header + "\n"));
        var line = new byte[1024];
        foreach (var (vehicle, schedule) in plan.Schedules())
        {
            var id = Encoding.UTF8.GetBytes(FleetFile.Quoted(input.VehicleIds[vehicle]), line);
            for (var t = 0; t < schedule.Length; t++)
            {
                var kw = Math.Round((double)schedule[t], 6);
                if (kw == 0) continue;
                var end = id;
                line[end++] = (byte)',';
                Utf8Formatter.TryFormat(input.Problem.Vehicles.Arrival[vehicle] + t, line.AsSpan(end), out var written);
                end += written;
                line[end++] = (byte)',';
                end += Power(Math.Max(0, kw), line.AsSpan(end));
                line[end++] = (byte)',';
                end += Power(Math.Max(0, -kw), line.AsSpan(end));
                line[end++] = (byte)'\n';
                stream.Write(line, 0, end);
            }
        }
    }

    private static int Power(double kw, Span<byte> to)
    {
        if (kw == 0)
        {
            to[0] = (byte)'0';
            return 1;
        }

        Utf8Formatter.TryFormat((decimal)kw, to, out var written, new System.Buffers.StandardFormat('F', 6));
        while (to[written - 1] == '0') written--;
        return to[written - 1] == '.' ? written - 1 : written;
    }
}
