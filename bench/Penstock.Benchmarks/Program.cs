using System.CommandLine;
using BenchmarkDotNet.Running;
using Penstock.Benchmarks;

if (args is ["virtual-time", ..]) return VirtualTime.Print(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 2000);
if (args is ["highs" or "steady", ..]) return new RootCommand("Planning benchmarks") { FleetPlanning.Highs(), FleetPlanning.Steady() }.Parse(args).Invoke();
BenchmarkSwitcher.FromAssembly(typeof(FleetPlanning).Assembly).Run(args);
return 0;
