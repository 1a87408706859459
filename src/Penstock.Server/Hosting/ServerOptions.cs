using System.ComponentModel.DataAnnotations;
using NodaTime;
using Penstock.Server.Security;

namespace Penstock.Server.Hosting;

/// <summary>Section "Penstock" of appsettings.json or PENSTOCK__... in the environment. All faults are reported at once.</summary>
public sealed record ServerOptions
{
    /// <summary>Folder of the database.</summary>
    public string Data { get; init; } = "data";

    /// <summary>Folder of the operator's quirk files; null = the folder quirks in <see cref="Data"/>.</summary>
    public string? Quirks { get; init; }

    /// <summary>Interface and port; port 0 takes a free one.</summary>
    public string Address { get; init; } = "127.0.0.1";

    [Range(0, 65535)]
    public int Port { get; init; } = 8480;

    /// <summary>Seconds between setpoints.</summary>
    [Range(1, 60)]
    public int ControlSeconds { get; init; } = 5;

    /// <summary>Zone of the portfolio's days, an IANA name.</summary>
    public string TimeZone { get; init; } = "Asia/Shanghai";

    /// <summary>Rating assumed for an EVSE of an admitted station when the operator gives none, kW.</summary>
    [Range(1, 1000)]
    public double AssumedEvseKilowatts { get; init; } = 7;

    /// <summary>Frames kept in the message log; 0 = none are logged.</summary>
    [Range(0, 100_000_000)]
    public long MessageLogFrames { get; init; } = 1_000_000;

    /// <summary>Address under which stations reach this server for firmware and logs, such as https://csms.example:8443; null = as the operator's own request came.</summary>
    public string? PublicUrl { get; init; }

    /// <summary>Set by the demo: everything shown is simulated.</summary>
    public string? Scenario { get; init; }

    public int? Seed { get; init; }

    /// <summary>Seconds of platform time per second of wall time.</summary>
    [Range(1, 3600)]
    public double ClockSpeed { get; init; } = 1;

    /// <summary>How stations prove who they are.</summary>
    public SecurityOptions Security { get; init; } = new();

    /// <summary>Every fault, each with the setting, the value and what was expected.</summary>
    public IReadOnlyList<string> Faults()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        var faults = results.ConvertAll(r => $"Penstock:{r.MemberNames.FirstOrDefault()}: {r.ErrorMessage} It is {typeof(ServerOptions).GetProperty(r.MemberNames.First())?.GetValue(this)}.");
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(TimeZone) is null) faults.Add($"Penstock:TimeZone: \"{TimeZone}\" is no IANA time zone; give one such as Asia/Shanghai.");
        if (!System.Net.IPAddress.TryParse(Address, out _)) faults.Add($"Penstock:Address: \"{Address}\" is no IP address; give one such as 127.0.0.1 or 0.0.0.0.");
        if (PublicUrl is { } url && (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))) faults.Add($"Penstock:PublicUrl: \"{url}\" is no http or https address.");
        if (string.IsNullOrWhiteSpace(Data)) faults.Add("Penstock:Data: is empty; give a writable folder.");
        faults.AddRange(Security.Faults());
        return faults;
    }
}

/// <summary>The configuration cannot be used; the message lists every fault.</summary>
public sealed class ConfigurationUnusableException(IReadOnlyList<string> faults)
    : Exception("The configuration has " + faults.Count + (faults.Count == 1 ? " fault:" : " faults:") + Environment.NewLine + string.Join(Environment.NewLine, faults.Select(f => "  " + f)))
{
    public IReadOnlyList<string> Faults => faults;
}
