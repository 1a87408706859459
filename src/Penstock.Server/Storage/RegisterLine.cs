using Penstock.Core.Metering;

namespace Penstock.Server.Storage;

/// <summary>Registers of a session in the order of time.</summary>
public static class RegisterLine
{
    /// <summary>Readings in a row that may be a slip; a longer run is a register that was set anew.</summary>
    public const int SlipMax = 2;

    /// <summary>
    /// Leaves out what cannot be: readings above or below both of their neighbours, which agree with each other. Without this a dip to zero would count the
    /// whole register as energy on its way back. A register that was set anew and stays there is kept.
    /// </summary>
    public static IReadOnlyList<RegisterReading> WithoutSlips(IReadOnlyList<RegisterReading> readings)
    {
        var line = new List<RegisterReading>(readings);
        for (var at = 1; at < line.Count - 1; at++)
        {
            for (var length = 1; length <= SlipMax && at + length < line.Count; length++)
            {
                if (!IsSlip(line, at, length)) continue;
                line.RemoveRange(at, length);
                at = Math.Max(0, at - 1 - SlipMax); // what is left may now be seen as a slip before
                break;
            }
        }

        return line;
    }

    /// <summary>Wh moved over all readings; backwards moves nothing.</summary>
    public static (decimal ImportWh, decimal ExportWh) Moved(IReadOnlyList<RegisterReading> readings)
    {
        var (import, export) = (0m, 0m);
        for (var i = 1; i < readings.Count; i++)
        {
            import += Math.Max(0, readings[i].ImportWh - readings[i - 1].ImportWh);
            export += Math.Max(0, readings[i].ExportWh - readings[i - 1].ExportWh);
        }

        return (import, export);
    }

    private static bool IsSlip(List<RegisterReading> line, int at, int length)
    {
        var (before, after) = (line[at - 1], line[at + length]);
        var run = line.GetRange(at, length);
        return (before.ImportWh <= after.ImportWh && run.TrueForAll(r => r.ImportWh < before.ImportWh || r.ImportWh > after.ImportWh))
            || (before.ExportWh <= after.ExportWh && run.TrueForAll(r => r.ExportWh < before.ExportWh || r.ExportWh > after.ExportWh));
    }
}
