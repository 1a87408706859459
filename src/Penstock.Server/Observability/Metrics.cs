using System.Globalization;
using System.Text;
using Penstock.Server.Api;
using Penstock.Server.Gateway;
using Penstock.Server.GridEvents;
using Penstock.Server.Security;
using Penstock.Server.Sites;
using Penstock.Server.Wire;

namespace Penstock.Server.Observability;

/// <summary>The Prometheus text page. Base units, no label per station or vehicle.</summary>
public sealed class Metrics(OverviewReader overview, MessageLog messages, StationRegistry registry, SiteDirectory sites, EventTable events, WorkInFlight work, PlatformCertificates certificates)
{
    public string Text()
    {
        var now = overview.Read();
        var page = new StringBuilder();
        Line("penstock_power_watts", "gauge", "Power of all EVSEs", (now.PowerFromGridKw * 1000, "direction=\"from_grid\""), (now.PowerToGridKw * 1000, "direction=\"to_grid\""));
        Line("penstock_flex_available_watts", "gauge", "Flexibility now", (now.Flexibility.DownKw * 1000, "direction=\"down\""), (now.Flexibility.UpKw * 1000, "direction=\"up\""));
        Line("penstock_stations_connected", "gauge", "Open station sockets", [.. registry.ByVersion().Select(v => ((double)v.Count, $"protocol=\"{v.Protocol}\""))]);
        Line("penstock_vehicles_connected", "gauge", "Vehicles plugged in", (now.VehiclesConnected, ""));
        Line("penstock_ocpp_messages_total", "counter", "Frames in and out", (messages.Total, ""));
        Line("penstock_message_log_dropped_total", "counter", "Frames that are not in the message log", (messages.Dropped, ""));
        Line("penstock_guarantee_breaches_total", "counter", "Guarantees broken today", (now.Guarantees.Broken, ""));
        Line("penstock_telemetry_dropped_total", "counter", "Telemetry not applied because an inbox was full", (sites.Loops.Sum(l => l.Dropped), ""));
        Line("penstock_work_in_flight", "gauge", "Accepted work that is not finished", (work.Count, ""));
        Line("penstock_certificate_not_after_seconds", "gauge", "End of the platform's own certificates, Unix time", [.. certificates.All.GroupBy(c => c.Role).Select(g => ((double)g.Min(c => c.NotAfter).ToUnixTimeSeconds(), $"role=\"{Names.Camel(g.Key.ToString())}\""))]);
        if (events.All.FirstOrDefault(e => e.MeanTrackingErrorRatio is not null) is { MeanTrackingErrorRatio: { } error }) Line("penstock_event_tracking_error_ratio", "gauge", "Mean tracking error of the last event", (error, ""));
        return page.ToString();

        void Line(string name, string type, string help, params (double Value, string Labels)[] samples)
        {
            page.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n').Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
            foreach (var (value, labels) in samples) page.Append(name).Append(labels.Length > 0 ? "{" + labels + "}" : "").Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
        }
    }
}
