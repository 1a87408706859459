using System.CommandLine;
using Penstock.Cli;
using Penstock.Cli.Demo;
using Penstock.Cli.Simulate;

return await new RootCommand("Penstock: an open vehicle-to-grid platform") { DemoCommand.Create(), ServeCommand.Create(), SimulateCommand.Create() }.Parse(args).InvokeAsync();
