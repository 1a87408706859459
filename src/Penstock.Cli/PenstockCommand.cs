using System.CommandLine;
using Penstock.Cli.Bench;
using Penstock.Cli.Demo;
using Penstock.Cli.Flexibility;
using Penstock.Cli.Plan;
using Penstock.Cli.Quirks;
using Penstock.Cli.Replay;
using Penstock.Cli.Simulate;
using Penstock.Cli.Station;

namespace Penstock.Cli;

/// <summary>The command line of the program.</summary>
internal static class PenstockCommand
{
    internal static RootCommand Root() => new("Penstock: an open vehicle-to-grid platform")
    {
        DemoCommand.Create(), ServeCommand.Create(), StationCommand.Create(), ReplayCommand.Create(), QuirksCommand.Create(), SimulateCommand.Create(), PlanCommand.Create(), FlexibilityCommand.Create(), BenchCommand.Create(),
    };
}
