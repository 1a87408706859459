using Penstock.Cli;
using Penstock.Cli.Station;
using Penstock.Ocpp.Rpc;
using Penstock.SystemTests.Gateway;

namespace Penstock.SystemTests.Simulator;

/// <summary>penstock station against a central system that is not ours.</summary>
public sealed class StationCommandTests
{
    [Theory]
    [InlineData(OcppVersion.V16)]
    [InlineData(OcppVersion.V201)]
    [InlineData(OcppVersion.V21)]
    public async Task Stations_connect_boot_and_charge_and_the_run_ends_with_a_summary(OcppVersion version)
    {
        await using var central = await ScriptedCentral.StartAsync(version);
        var output = new StringWriter();
        var code = await StationRun.RunAsync(Request(central) with { Version = version, Password = "secret-of-16-chars" }, output, TestContext.Current.CancellationToken);
        var text = output.ToString();
        Assert.True(code == 0, text);
        Assert.Contains("SIMULATED", text, StringComparison.Ordinal);
        Assert.Contains("connected 5  accepted 5  transactions 5", text, StringComparison.Ordinal);
        Assert.Contains("5 of 5 stations accepted", text, StringComparison.Ordinal);
        Assert.StartsWith("Basic ", central.Authorization, StringComparison.Ordinal);
        Assert.Equal(5, central.Heard.Count(h => h.Action == (version == OcppVersion.V16 ? "StartTransaction" : "TransactionEvent") && (version == OcppVersion.V16 || h.Payload.GetProperty("eventType").GetString() == "Started")));
    }

    [Fact]
    public async Task A_central_system_that_is_not_there_is_exit_code_1()
    {
        var output = new StringWriter();
        Assert.Equal(1, await StationRun.RunAsync(new StationRequest(new Uri("ws://127.0.0.1:9/ocpp"), 2, OcppVersion.V21, "S-", 1, 22, 22, 0, 60, null, null, null, null, null, 1, 2), output, TestContext.Current.CancellationToken));
        Assert.Contains("0 of 2 stations accepted", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("does a central system of OCPP 2.1 listen at ws://127.0.0.1:9/ocpp?", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stations_that_wait_to_join_are_connected_and_the_user_is_told_how_to_let_them_in()
    {
        var data = Directory.CreateTempSubdirectory("penstock-join-").FullName;
        await using var server = await ServerProcess.StartAsync(data, TestContext.Current.CancellationToken);
        var output = new StringWriter();
        Assert.Equal(1, await StationRun.RunAsync(new StationRequest(new Uri(server.Address + "/ocpp"), 2, OcppVersion.V21, "S-", 1, 22, 22, 0, 60, null, null, null, null, null, 1, 3), output, TestContext.Current.CancellationToken));
        Assert.Contains("connected 2  accepted 0", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("2 stations were never accepted (2 were connected at the end)", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("station --url ws://127.0.0.1:1/ocpp --count 20001", "--count")]
    [InlineData("station --url http://127.0.0.1:1/ocpp", "--url")]
    [InlineData("station --url ws://127.0.0.1:1/ocpp --version 2.2", "--version")]
    [InlineData("station --url ws://127.0.0.1:1/ocpp --fault none-such", "--fault")]
    [InlineData("station --url ws://127.0.0.1:1/ocpp --cert a.pem", "--key")]
    [InlineData("station --url ws://127.0.0.1:1/ocpp --id-prefix ../", "--id-prefix")]
    public void A_bad_option_is_named(string line, string option) => Assert.Contains(PenstockCommand.Root().Parse(line).Errors, e => e.Message.Contains(option, StringComparison.Ordinal));

    private static StationRequest Request(ScriptedCentral central) => new(new Uri(central.Address, "ocpp"), 5, central.Version, "S-", 1, 22, 22, 1, 5, null, null, null, null, null, 1, 8);
}
